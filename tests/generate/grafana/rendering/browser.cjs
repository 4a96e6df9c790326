// What the library asks of a browser while it is loaded. None of it takes part in what is shown.
const element = () => ({
  style: {},
  sheet: { cssRules: [], insertRule() {} },
  appendChild: (child) => child,
  setAttribute() {},
  getContext: () => null,
});
globalThis.window = globalThis;
globalThis.addEventListener ??= () => {};
globalThis.navigator ??= { language: "en-GB", languages: ["en-GB"], userAgent: "node" };
globalThis.localStorage ??= { getItem: () => null, setItem() {}, removeItem() {} };
globalThis.history ??= { pushState() {}, replaceState() {} };
globalThis.location ??= { href: "http://localhost/", search: "", pathname: "/" };
globalThis.document ??= {
  createElement: element,
  head: element(),
  documentElement: element(),
  getElementsByTagName: () => [element()],
  addEventListener() {},
};
console.info = console.log = () => {}; // a dependency advertises itself; standard output is for the result
