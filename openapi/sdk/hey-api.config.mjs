// fetch, with types and functions in one folder. THAW_* are set by openapi/sdk/run.py.
export default {
  input: process.env.THAW_DOCUMENT ?? '../openapi.json',
  output: { path: process.env.THAW_OUT ?? 'sdk' },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
};
