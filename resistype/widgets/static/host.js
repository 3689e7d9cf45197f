// Generated from widgets/src by widgets/build.mjs; do not edit.
"use strict";
var resistype = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key) && key !== except)
          __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // src/host.ts
  var host_exports = {};
  __export(host_exports, {
    bytes: () => bytes,
    pageModel: () => pageModel,
    start: () => start
  });
  function bytes(base64) {
    const text = atob(base64);
    const found = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
    return found.buffer;
  }
  function pageModel(state, answer, buffers) {
    const listeners = /* @__PURE__ */ new Map();
    const tell = (name, ...given) => {
      for (const one of listeners.get(name) ?? []) one(...given);
    };
    return {
      get: (name) => state[name],
      set: (name, value) => {
        state[name] = value;
      },
      save_changes: () => void 0,
      on: (name, listener) => {
        listeners.set(name, (listeners.get(name) ?? /* @__PURE__ */ new Set()).add(listener));
      },
      off: (name, listener) => {
        listeners.get(name)?.delete(listener);
      },
      send: (content) => {
        const { id, what } = content;
        const reply = what === "data" ? { id, ...answer } : { id, error: "This needs Python; the file has none." };
        setTimeout(
          () => tell(
            "msg:custom",
            reply,
            what === "data" ? buffers.map((one) => new DataView(bytes(one))) : []
          ),
          0
        );
      }
    };
  }
  function start(widget, id, target) {
    const page = document.getElementById(id), host = document.getElementById(target);
    if (!page || !host) return;
    const given = JSON.parse(page.textContent ?? "{}");
    widget.render({ model: pageModel(given.state, given.answer, given.buffers), el: host });
  }
  return __toCommonJS(host_exports);
})();
