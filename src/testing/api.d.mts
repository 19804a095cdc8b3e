export * from './api.cjs';
