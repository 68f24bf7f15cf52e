import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";

export const galleryRoute = createRoute({
  getParentRoute: () => shell,
  path: "/gallery",
  component: lazyRouteComponent(() => import("./GalleryPage"), "GalleryPage"),
});
