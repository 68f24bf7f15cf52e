import { createContext, useContext } from "react";

import type { ProductPage } from "../../api/types";

export const ProductContext = createContext<ProductPage | null>(null);

/** The product whose page is shown. */
export function useProduct(): ProductPage {
  const product = useContext(ProductContext);
  if (!product) throw new Error("only a part of a product's page asks for its product");
  return product;
}
