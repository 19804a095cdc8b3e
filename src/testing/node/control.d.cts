import type { Control } from '../api.d.cts';

export declare function connect(url: string): Control;
