/** Where pages that know the kit by this name find it. */
export * from "./kit";
