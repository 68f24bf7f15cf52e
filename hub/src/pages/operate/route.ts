import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";
import { oneOf, oneText } from "../../app/search-params";
import { SHOWN, type Shown } from "./needs";

const workspaceRoute = createRoute({
  getParentRoute: () => shell,
  path: "/operate",
  validateSearch: (search: Record<string, unknown>): { find?: string; show?: Shown } => {
    const find = oneText(search.find);
    const show = oneOf(SHOWN, search.show);
    return { ...(find && { find }), ...(show && { show }) };
  },
  component: lazyRouteComponent(() => import("./workspace/Workspace"), "Workspace"),
});

const planRoute = createRoute({
  getParentRoute: () => shell,
  path: "/operate/plan",
  component: lazyRouteComponent(() => import("./plan/PlanPage"), "PlanPage"),
});

const taskRoute = createRoute({
  getParentRoute: () => shell,
  path: "/operate/tasks/$task",
  component: lazyRouteComponent(() => import("./task/TaskPage"), "TaskPage"),
});

const productRoute = createRoute({
  getParentRoute: () => shell,
  path: "/operate/products/$product",
  component: lazyRouteComponent(() => import("./product/OperatedProduct"), "OperatedProduct"),
});

export const operateRoutes = [workspaceRoute, planRoute, taskRoute, productRoute] as const;
