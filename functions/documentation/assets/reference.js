// Shows the document that the page names.
const place = document.getElementById("reference");
Redoc.init(place.dataset.document, {
  hideLoading: true,
  nativeScrollbars: true,
  expandResponses: "200,201,202",
  jsonSampleExpandLevel: 3,
  sortRequiredPropsFirst: true,
  scrollYOffset: "header",
  theme: {
    colors: { primary: { main: "#1d4ed8" } },
    typography: {
      fontFamily: "system-ui, sans-serif", fontSize: "15px", headings: { fontFamily: "system-ui, sans-serif" },
      code: { fontFamily: "ui-monospace, monospace", fontSize: "13px" },
    },
  },
}, place);
