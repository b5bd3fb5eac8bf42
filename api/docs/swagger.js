// Starts Swagger UI over the document of this server. Nothing is kept in the browser, nothing is fetched elsewhere.
"use strict";
window.addEventListener("DOMContentLoaded", async function () {
  const spec = await (await fetch("/v1/openapi.json")).json();
  // An example of every filter at once would find nothing: "try it" begins with what is required, and words.
  for (const operations of Object.values(spec.paths)) {
    for (const operation of Object.values(operations)) {
      for (const parameter of operation.parameters || []) {
        if (!parameter.required && parameter.name !== "q") delete parameter.example;
      }
    }
  }
  SwaggerUIBundle({
    spec: spec,
    dom_id: "#docs",
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
