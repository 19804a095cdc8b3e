/** The same for `import`. */
import calls from './index.cjs';

export const { connect, startMock, startProxy, startReplay } = calls;
