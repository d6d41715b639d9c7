/** The words of downloads that appear anywhere on the page. */

export function downloadWords() {
  return {
    arrived: (name: string) => `${name} is on this device now.`,
    known: (name: string, kept: string) =>
      kept === name
        ? `${name} was on this device already.`
        : `${name} was on this device already, as ${kept}.`,
    changed: (name: string) => `The file of ${name} has changed on its server: the download begins anew.`,
    noRanges: (name: string) =>
      `The server of ${name} cannot go on in the middle of a file: the download begins anew.`,
  };
}
