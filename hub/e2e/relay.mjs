// A way to the server that can break.
import { connect, createServer } from "node:net";

/** An address that leads to another, and whoever may break the way to it and mend it. */
export async function openRelay(address) {
  const { hostname, port } = new URL(address);
  const open = new Set();
  let broken = false;
  const relay = createServer((near) => {
    if (broken) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      open.add(from);
      from.pipe(to);
      // One end that goes, however it does, takes the other with it.
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise((resolve, reject) => relay.once("error", reject).listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };

  return {
    address: `http://127.0.0.1:${relay.address().port}`,
    /** Every connection is lost, and none can be made. */
    break() {
      broken = true;
      cut();
    },
    mend() {
      broken = false;
    },
    close() {
      relay.close();
      cut();
    },
  };
}
