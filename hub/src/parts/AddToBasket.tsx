import { Link } from "@tanstack/react-router";

import { Button, buttonClass, Icon, useToast } from "../design";
import { accessMessages } from "../messages/en/access";
import { useBasket, wantedKey } from "./basket";

const words = accessMessages.basket;

interface Props {
  readonly product: string;
  readonly port: string;
  readonly major: number;
  /** What it is called where it stands, for those who hear it. */
  readonly name: string;
}

/** Puts a port into the basket; where it is in it already, the way there. */
export function AddToBasket({ product, port, major, name }: Props) {
  const basket = useBasket();
  const say = useToast();
  const wanted = { product, port, major, columns: null };
  if (basket.entries.some((entry) => wantedKey(entry) === wantedKey(wanted))) {
    return (
      <Link to="/access/basket" className={buttonClass({ kind: "quiet" })}>
        <Icon name="basket" />
        {words.inIt}
        <span className="unseen"> {name}</span>
      </Link>
    );
  }
  return (
    <Button
      icon="basket"
      onClick={() => {
        basket.put(wanted);
        say(words.added);
      }}
    >
      {words.add}
      <span className="unseen"> {name}</span>
    </Button>
  );
}
