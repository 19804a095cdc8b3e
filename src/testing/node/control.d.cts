import type { ConnectOptions, Control } from '../api.d.cts';

export declare function connect(url: string, options?: ConnectOptions): Control;
