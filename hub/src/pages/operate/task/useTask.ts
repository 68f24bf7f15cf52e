import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { type Task, type TaskEvent, task, taskEvents } from "../../../api/operate";

/** How the server is reached. It refuses where there is no such task, or none that the reader may see. */
type Connection = "connecting" | "live" | "lost" | "refused" | "ended";

interface Told {
  readonly events: readonly TaskEvent[];
  readonly connection: Connection;
}

const NOTHING: Told = { events: [], connection: "connecting" };

/** Everything that a task has told, as it tells it. After a break the browser asks for what follows the last event that it has. */
export function useTask(id: string): Told {
  const queries = useQueryClient();
  const [told, setTold] = useState<Told>(NOTHING);
  useEffect(() => {
    setTold(NOTHING);
    let last = 0;
    const source = new EventSource(taskEvents(id));
    const connected = (connection: Connection) => setTold((before) => ({ ...before, connection }));
    source.addEventListener("open", () => connected("live"));
    source.addEventListener("progress", ({ data, lastEventId }: MessageEvent<string>) => {
      // Numbered from 1: what was told before is not told twice.
      if (Number(lastEventId) <= last) return;
      last = Number(lastEventId);
      const event = JSON.parse(data) as TaskEvent;
      setTold(({ events }) => ({ events: [...events, event], connection: "live" }));
    });
    source.addEventListener("end", ({ data }: MessageEvent<string>) => {
      source.close();
      queries.setQueryData(task(id).queryKey, JSON.parse(data) as Task);
      connected("ended");
    });
    source.addEventListener("error", () => {
      connected(source.readyState === EventSource.CLOSED ? "refused" : "lost");
    });
    return () => source.close();
  }, [id, queries]);
  return told;
}
