/** Hands a file to the browser's downloads. */
export function download(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads the address soon, but not at once.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
