/** Asks who is logged in before anything else is evaluated: all waits for it. */
import { me, queries } from "./client";

void queries.prefetchQuery(me);
