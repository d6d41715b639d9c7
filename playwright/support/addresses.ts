/** Where the stories find the servers. */

/** The built app, served with its headers. */
export const port = 4174;
