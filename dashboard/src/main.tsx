import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { me, queries } from "./api/client";
import { router } from "./router";
import "./shell/theme";
import "./style.css";

// Asked for before anything is drawn: who is logged in, and what the view will show.
void queries.prefetchQuery(me);
void router.load();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
