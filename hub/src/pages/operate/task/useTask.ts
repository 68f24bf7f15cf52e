import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { type Task, type TaskEvent, task, taskEvents, tasks } from "../../../api/operate";

type Connection = "connecting" | "live" | "lost" | "ended";

interface Told {
  readonly events: readonly TaskEvent[];
  readonly connection: Connection;
}

const NOTHING: Told = { events: [], connection: "connecting" };

/** Milliseconds until a server that did not answer with events is asked once more. */
const AGAIN = 5_000;

/** Everything that a task has told, as it tells it. After a break the browser asks for what follows the last event that it has. */
export function useTask(id: string): Told {
  const queries = useQueryClient();
  const [told, setTold] = useState<Told>(NOTHING);
  useEffect(() => {
    setTold(NOTHING);
    let last = 0;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    const connected = (connection: Connection) => setTold((before) => ({ ...before, connection }));
    function connect() {
      source = new EventSource(taskEvents(id));
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
        connected("lost");
        if (source.readyState !== EventSource.CLOSED) return;
        // There was an answer, so that the browser gives up: of a proxy before a server that starts anew, of a server that does not
        // know the task any more. The task itself says which.
        void queries.invalidateQueries({ queryKey: tasks.queryKey });
        again = setTimeout(connect, AGAIN);
      });
    }
    connect();
    return () => {
      clearTimeout(again);
      source.close();
    };
  }, [id, queries]);
  return told;
}
