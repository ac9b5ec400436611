import { describe, expect, it } from "vitest";
import { readViewMessage } from "./view-message";

function message(head: object, image: readonly number[]): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const data = new Uint8Array(4 + text.length + image.length);
  new DataView(data.buffer).setUint32(0, text.length);
  data.set(text, 4);
  data.set(image, 4 + text.length);
  return data.buffer;
}

describe("a binary message", () => {
  it("is a head and an image", async () => {
    const { frame, image } = readViewMessage(
      message({ number: 7, image: "image/png", unseen: "☂" }, [1, 2, 3]),
    );
    expect(frame.number).toBe(7);
    expect(frame.unseen).toBe("☂");
    expect(image?.type).toBe("image/png");
    expect(new Uint8Array((await image?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(
      new Uint8Array([1, 2, 3]),
    );
  });

  it("may have no image", () => {
    expect(readViewMessage(message({ number: 1, image: null }, [])).image).toBeNull();
  });
});
