// fetch: each function answers with {status, data, headers}, where the status decides the type of data.
export default {
  thaw: {
    input: { target: process.env.THAW_DOCUMENT ?? '../openapi.json' },
    output: {
      target: `${process.env.THAW_OUT ?? 'sdk'}/thaw.ts`,
      client: 'fetch',
      mode: 'split',
      // The functions call paths; this puts the server in front: see the test program.
      baseUrl: process.env.THAW_BASE_URL ?? '',
      override: { fetch: { includeHttpResponseReturnType: true } },
    },
  },
};
