/**
 * The page of `/swagger`, in the browser: Swagger UI on the description of this server, with three additions. A stream is
 * shown while it comes, and not only when it has ended. The answers that are errors are folded: a request for a message has
 * thirteen. The page has the colours of the system.
 */

/**
 * Milliseconds between two looks at a stream. To show it anew costs time that grows with its length, and meanwhile no
 * button works.
 */
const pause = (text) => 200 + text.length / 20;

/** What stops the request of an operation, by operation. */
const underWay = new Map();

const keyOf = (path, method) => `${method} ${path}`;

function stop(path, method) {
  underWay.get(keyOf(path, method))?.abort();
  underWay.delete(keyOf(path, method));
}

/** Waits for ever. An operation that was cleared shows no answer, and no error either. */
const never = () => new Promise(() => {});

/** Reads a stream to its end, and shows what has come so far. */
async function readStream(response, show) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let shownAt = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (performance.now() - shownAt < pause(text)) continue;
    show(text);
    shownAt = performance.now();
  }
}

/** A `fetch` for one request of an operation. `show` gets an answer that has not ended yet. */
function fetchOf(signal, show) {
  return async (url, options) => {
    try {
      const response = await fetch(url, { ...options, signal });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (!isStream) return response;
      const { status, statusText, ok } = response;
      const headers = Object.fromEntries(response.headers);
      const text = await readStream(response, (data) =>
        show({ url, status, statusText, ok, headers, data, text: data }),
      );
      const whole = new Response(text, { status, statusText, headers });
      // The page shows the address, which a response that was made here does not have.
      return Object.defineProperty(whole, 'url', { value: url });
    } catch (error) {
      if (signal.aborted) return never();
      throw error;
    }
  };
}

const streaming = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        executeRequest: (execute, system) => (request) => {
          const { pathName, method } = request;
          stop(pathName, method);
          const controller = new AbortController();
          underWay.set(keyOf(pathName, method), controller);
          const show = (response) => {
            if (!controller.signal.aborted) system.specActions.setResponse(pathName, method, response);
          };
          return execute({ ...request, userFetch: fetchOf(controller.signal, show) });
        },
        clearResponse: (clear) => (path, method) => {
          stop(path, method);
          return clear(path, method);
        },
      },
    },
  },
});

const FIRST_ERROR = 400;

/** An answer that is an error is one line, until somebody wants to see its example. */
const foldedErrors = () => ({
  wrapComponents: {
    response: (Whole, { React, getComponent }) =>
      function Answer(props) {
        const [isOpen, setOpen] = React.useState(Number(props.code) < FIRST_ERROR);
        if (isOpen) return React.createElement(Whole, props);
        const { createElement } = React;
        const open = { type: 'button', className: 'btn btn-sm', onClick: () => setOpen(true) };
        return createElement(
          'tr',
          { className: 'response folded', 'data-code': props.code },
          createElement('td', { className: 'response-col_status' }, props.code),
          createElement(
            'td',
            { className: 'response-col_description', colSpan: 2 },
            createElement(getComponent('Markdown', true), { source: props.response.get('description') }),
            createElement('button', open, 'Example'),
          ),
        );
      },
  },
});

const dark = matchMedia('(prefers-color-scheme: dark)');
const followColours = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followColours);
followColours();

SwaggerUIBundle({
  url: '/swagger/json',
  dom_id: '#ui',
  plugins: [streaming, foldedErrors],
  // Else the address of the description would be sent to a server of Swagger's.
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  // The list of all schemas is closed: there are some eighty.
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
});
