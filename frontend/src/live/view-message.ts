/** A binary message of the view socket: a head as JSON and an image. */

import type { ViewFrame } from "../api/types";

const LENGTH_BYTES = 4;

export interface ViewMessage {
  readonly frame: ViewFrame;
  /** Null: there is no picture. */
  readonly image: Blob | null;
}

export function readViewMessage(data: ArrayBuffer): ViewMessage {
  const headLength = new DataView(data).getUint32(0);
  const head = new Uint8Array(data, LENGTH_BYTES, headLength);
  const frame = JSON.parse(new TextDecoder().decode(head)) as ViewFrame;
  const image = data.slice(LENGTH_BYTES + headLength);
  return {
    frame,
    image: frame.image === null ? null : new Blob([image], { type: frame.image }),
  };
}
