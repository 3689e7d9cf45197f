// Scores of the stored version and of the draft by group: every sample a point, quartiles as a bar,
// n beside it.
import { el, number, short, svg, table } from "../dom.ts";
import type { Figures, Spread } from "./view.ts";

const LEFT = 96,
  WIDTH = 240,
  LANE = 18;

function lane(
  picture: SVGElement,
  one: Figures,
  at: { y: number; x(value: number): number; stored: boolean },
): void {
  const { y, x, stored } = at;
  one.points.forEach((value, i) =>
    picture.append(
      svg("circle", {
        attr: {
          cx: x(value),
          cy: y + ((i * 7) % 5) - 2,
          r: 2.6,
          fill: stored ? "none" : "#0072B2",
          "fill-opacity": 0.6,
          stroke: stored ? "#8C8C8C" : "#56B4E9",
        },
      }),
    ),
  );
  const [low, middle, high] = one.quartiles.map(x);
  picture.append(
    svg("path", {
      attr: {
        d: `M${low} ${y}H${high}M${middle} ${y - 7}V${y + 7}`,
        stroke: "currentColor",
        "stroke-width": 2.2,
        fill: "none",
      },
    }),
  );
}

export function spreadPicture(found: Spread): Node[] {
  const lanes = found.versions[0] ? [0, 1] : [1];
  const all = found.groups.flatMap(([, pair]) => lanes.flatMap((i) => pair[i].points));
  if (!all.length) return [el("p", { class: "rt-soft", text: found.words })];
  const low = Math.min(...all),
    high = Math.max(...all),
    span = high - low || 1;
  const x = (value: number): number => LEFT + ((value - low) / span) * WIDTH;
  const height = found.groups.length * (lanes.length * LANE + 8) + 24;
  const picture = svg("svg", {
    attr: {
      viewBox: `0 0 ${LEFT + WIDTH + 52} ${height}`,
      width: "100%",
      role: "img",
      "aria-label": `${found.title} by group; the table below has the numbers.`,
      "data-testid": "rt-spread",
    },
  });
  if (low < 0 && high > 0)
    picture.append(
      svg("path", {
        attr: {
          d: `M${x(0)} 0V${height - 20}`,
          stroke: "currentColor",
          "stroke-opacity": 0.4,
          "stroke-dasharray": "3 3",
        },
      }),
    );
  let y = 12;
  for (const [name, pair] of found.groups) {
    picture.append(
      svg(
        "text",
        {
          attr: { x: LEFT - 8, y: y + (lanes.length * LANE) / 2 - 6, "text-anchor": "end" },
          title: name,
        },
        short(name, 13),
      ),
    );
    for (const i of lanes) {
      if (pair[i].n) lane(picture, pair[i], { y, x, stored: !i });
      picture.append(
        svg(
          "text",
          { class: "rt-soft", attr: { x: LEFT + WIDTH + 8, y: y + 4 } },
          `n = ${pair[i].n}`,
        ),
      );
      y += LANE;
    }
    y += 8;
  }
  for (const [value, anchor] of [
    [low, "start"],
    [high, "end"],
  ] as const)
    picture.append(
      svg(
        "text",
        { class: "rt-soft", attr: { x: x(value), y: height - 4, "text-anchor": anchor } },
        number(value),
      ),
    );
  const rows = found.groups.flatMap(([name, pair]) =>
    lanes.map((i) => ({
      cells: [
        name,
        found.versions[i],
        pair[i].n,
        ...[1, 0, 2].map((k) => number(pair[i].quartiles[k] ?? NaN)),
      ],
    })),
  );
  return [
    el("p", { text: found.words }),
    picture,
    el("p", { class: "rt-soft", text: found.caution }),
    el(
      "details",
      {},
      el("summary", { text: "view as table" }),
      table(found.title, found.heads, rows),
    ),
  ];
}
