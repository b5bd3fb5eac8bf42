// Starts Redoc over the document of this server. Its style elements carry the nonce that the page's policy names.
"use strict";
const nonce = document.currentScript.nonce;
window.addEventListener("DOMContentLoaded", function () {
  Redoc.init(
    "/v1/openapi.json",
    { nonce: nonce, hideDownloadButton: false, nativeScrollbars: true, expandResponses: "200" },
    document.getElementById("docs")
  );
});
