# How to run it: docs/deploy/README.md
FROM oven/bun:1.4.5-slim AS dependencies
WORKDIR /app
COPY package.json bun.lock ./
# The optional packages are Bun itself for users of npm; the image has Bun.
RUN bun install --frozen-lockfile --production --omit=optional --ignore-scripts && mkdir /data

FROM oven/bun:1.4.5-slim
# package.json sets the two BUN_ variables in a clone: Bun reads them before the program runs.
ENV NODE_ENV=production \
    BUN_CONFIG_MAX_HTTP_REQUESTS=4096 \
    BUN_JSC_forceRAMSize=1073741824 \
    HOST=0.0.0.0 \
    PORT=8082 \
    DATA_DIR=/data \
    LOG_FORMAT=json
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY fixtures/scenarios fixtures/scenarios
COPY src src
# The user `bun` of the base image, by number: Kubernetes cannot tell whether a name is root.
COPY --from=dependencies --chown=1000:1000 /data /data
USER 1000:1000
VOLUME /data
EXPOSE 8082
# An agent of its own: the usual one would ask a company's HTTP proxy, which cannot reach this container.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["bun", "-e", "const { Agent, get } = require('node:http'); get({ agent: new Agent(), host: '127.0.0.1', port: process.env.PORT, path: '/livez' }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bun", "src/main.ts"]
CMD ["start"]
