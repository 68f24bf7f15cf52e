import { useState } from "react";

import { Button, Confirm } from "../design";
import { accessMessages } from "../messages/en/access";

const words = accessMessages.mine;

interface Props {
  /** What the agreement is about, for those who hear it. */
  readonly name: string;
  readonly onGiveBack: () => void;
}

/** Ends an agreement of the reader's own, after asking once more. */
export function GiveBack({ name, onGiveBack }: Props) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Button small kind="danger" onClick={() => setAsked(true)}>
        {words.giveBack}
        <span className="unseen"> {name}</span>
      </Button>
      <Confirm
        open={asked}
        onClose={() => setAsked(false)}
        title={words.confirm}
        verb={words.giveBack}
        onConfirm={() => {
          setAsked(false);
          onGiveBack();
        }}
      >
        <p>{words.confirmText}</p>
      </Confirm>
    </>
  );
}
