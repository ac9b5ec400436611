import { generate } from "lean-qr";
import { expect, it } from "vitest";
import { codePath } from "./qr-path";

it("draws what is dark, row by row, with light around it", () => {
  const dark = ["110", "000", "101"];
  const get = (x: number, y: number) => dark[y]?.[x] === "1";
  expect(codePath({ size: 3, get })).toEqual({
    path: "M4 4h2v1h-2zM4 6h1v1h-1zM6 6h1v1h-1z",
    size: 11,
  });
});

it("has the corners by which a phone finds a code", () => {
  const { path, size } = codePath(generate("http://gpu1.example.org:8000/login?code=mtn_x"));
  expect(path.startsWith("M4 4h7v1h-7z")).toBe(true);
  expect(path).toContain(`M${size - 11} 4h7v1h-7z`);
});
