/** What the page needs of the installed app's parts; they are loaded after the first paint. */
export interface Pwa {
  readonly offlineReady: boolean;
  readonly installable: boolean;
  readonly updateReady: boolean;
  install(): Promise<unknown>;
  update(): unknown;
}
