// Panels and what Prometheus answered -> what Grafana shows: texts, colours and names, by its own field processing.
//
// node render.cjs grafana-9|grafana-12 < {"panels": [{"panel": …, "answers": {"A": {"resultType": …, "result": […]}}}]}
// (the command is run in the folder into which tools/grafana-library puts the library.) Two things are not in the library and follow
// the source: how the Prometheus data source makes frames (pkg/promlib/querydata/response.go, getName and
// transformDFToTable), and how a state timeline merges thresholds (public/app/core/components/TimelineChart/utils.ts).
"use strict";
const path = require("node:path");
require("./browser.cjs");
const library = require(path.join(process.cwd(), `${process.argv[2]}.cjs`));

const theme = library.createTheme({ colors: { mode: process.argv[3] ?? "dark" } });
const identity = (value) => value;

function property(id, process = identity, isCustom = false) {
  const item = { id, path: isCustom ? id.slice("custom.".length) : id, name: id, isCustom, process, settings: {} };
  return { ...item, shouldApply: () => true, getItemsCount: () => 0, override: identity, editor: null };
}

const registry = new library.Registry(() => [
  ...["unit", "noValue", "links", "color", "mappings"].map((id) => property(id)),
  property("displayName", library.displayNameOverrideProcessor),
  ...["min", "max", "decimals"].map((id) => property(id, library.numberOverrideProcessor)),
  property("thresholds", library.thresholdsOverrideProcessor),
  ...["displayMode", "align", "filterable", "hidden", "lineWidth", "fillOpacity"].map((id) =>
    property(`custom.${id}`, identity, true),
  ),
]);
library.standardTransformersRegistry.setInit(() =>
  [...new Map(Object.values(library.standardTransformers).map((one) => [one.id, one])).values()].map((one) => ({
    id: one.id,
    name: one.name,
    transformation: one,
  })),
);

const number = (text) => (text === "NaN" ? NaN : text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : +text);

function seriesName(labels, target) {
  const { legendFormat: legend, expr } = target;
  if (!Object.keys(labels).length && !legend) return expr;
  if (legend) return legend.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? "");
  return `{${Object.entries(labels).map(([key, value]) => `${key}="${value}"`).join(", ")}}`;
}

function seriesFrames(target, answer) {
  return answer.result.map(({ metric, value, values }) => {
    const { __name__, ...labels } = metric;
    const points = values ?? [value];
    const time = { name: "Time", type: "time", config: {}, values: points.map(([at]) => at * 1000) };
    const name = seriesName(labels, target);
    const config = { displayNameFromDS: name };
    const shown = { name: "Value", type: "number", config, labels, values: points.map(([, text]) => number(text)) };
    return library.toDataFrame({ refId: target.refId, name, fields: [time, shown] });
  });
}

function tableFrame(target, answer, isOnly) {
  const rows = answer.result;
  const labels = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const column = (label) => rows.map(({ metric }) => metric[label] ?? "");
  const fields = [
    { name: "Time", type: "time", config: {}, values: rows.map(({ value }) => value[0] * 1000) },
    ...labels.map((label) => ({ name: label, type: "string", config: {}, values: column(label) })),
    {
      name: isOnly ? "Value" : `Value #${target.refId}`,
      type: "number",
      config: {},
      values: rows.map(({ value }) => number(value[1])),
    },
  ];
  return library.toDataFrame({ refId: target.refId, fields });
}

function frames(panel, answers) {
  return panel.targets.flatMap((target) => {
    const answer = answers[target.refId];
    if (target.format !== "table") return seriesFrames(target, answer);
    return answer.result.length ? [tableFrame(target, answer, panel.targets.length === 1)] : [];
  });
}

const transformed = (panel, data) =>
  new Promise((resolve, reject) =>
    library
      .transformDataFrame(panel.transformations ?? [], data, { interpolate: identity })
      .subscribe({ next: resolve, error: reject }),
  );

const valuesOf = (field) => Array.from({ length: field.values.length }, (_, at) => field.values.get?.(at) ?? field.values[at]);
const cell = (shown) => ({ text: library.formattedValueToString(shown), color: shown.color });

function named(field, frame, all) {
  return library.getFieldDisplayName(field, frame, all);
}

function tiles(panel, data) {
  const { fieldConfig, options } = panel;
  const shared = { fieldConfig, reduceOptions: options.reduceOptions, replaceVariables: identity, theme, data };
  return library
    .getFieldDisplayValues({ ...shared, timeZone: "utc" })
    .map(({ display }) => ({ name: display.title ?? "", ...cell(display) }));
}

function columns(data) {
  return data.flatMap((frame) =>
    frame.fields.map((field) => ({
      name: named(field, frame, data),
      mode: field.config.custom?.displayMode ?? "auto",
      isHidden: field.config.custom?.hidden ?? false,
      cells: valuesOf(field).map((value) => cell(field.display(value))),
    })),
  );
}

// A number field whose colour goes by thresholds is merged: its values become the thresholds' own labels.
function isMergedByThresholds(panel, field) {
  return panel.options.mergeValues && field.config.color?.mode === "thresholds" && field.config.thresholds?.steps.length;
}

function timeline(panel, data) {
  const rows = data.flatMap((frame) =>
    frame.fields
      .filter((field) => field.type === "number")
      .map((field) => ({
        name: named(field, frame, data),
        states: valuesOf(field).map((value) =>
          isMergedByThresholds(panel, field) ? { text: "merged by thresholds" } : cell(field.display(value)),
        ),
      })),
  );
  const legend = new Map(rows.flatMap(({ states }) => states.map(({ text, color }) => [text, color])));
  return { rows, legend: [...legend].map(([text, color]) => ({ text, color })) };
}

function lines(data) {
  return data.flatMap((frame) =>
    frame.fields
      .filter((field) => field.type === "number")
      .map((field) => {
        const values = valuesOf(field);
        return { name: named(field, frame, data), values, last: cell(field.display(values.at(-1))) };
      }),
  );
}

function ticks(panel) {
  const field = { type: "number", config: panel.fieldConfig.defaults };
  const display = library.getDisplayProcessor({ field, theme, timeZone: "utc" });
  return [0, 0.5, 1, null].map((value) => cell(display(value)).text);
}

const KINDS = {
  stat: (panel, data) => ({ tiles: tiles(panel, data) }),
  bargauge: (panel, data) => ({ tiles: tiles(panel, data) }),
  table: (panel, data) => ({ columns: columns(data) }),
  barchart: (panel, data) => ({ columns: columns(data), ticks: ticks(panel) }),
  timeseries: (panel, data) => ({ lines: lines(data), ticks: ticks(panel) }),
  "state-timeline": timeline,
};

async function rendered({ panel, answers }) {
  const data = library.applyFieldOverrides({
    data: await transformed(panel, frames(panel, answers)),
    fieldConfig: panel.fieldConfig,
    replaceVariables: identity,
    fieldConfigRegistry: registry,
    theme,
    timeZone: "utc",
  });
  return KINDS[panel.type](panel, data);
}

async function main() {
  const { panels } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const found = [];
  for (const one of panels) found.push(await rendered(one));
  process.stdout.write(JSON.stringify(found));
}

main();
