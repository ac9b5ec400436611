import { expect, it } from "vitest";
import { quoteForShell } from "./shell";

it("leaves harmless words alone and quotes the rest so that the shell changes nothing", () => {
  expect(quoteForShell("cartpole-lesson")).toBe("cartpole-lesson");
  expect(quoteForShell('{"a": 1}')).toBe(`'{"a": 1}'`);
  expect(quoteForShell("it's $HOME")).toBe(`'it'\\''s $HOME'`);
});
