/** `JSON.parse` silently keeps the last of two equal keys; counting them in the text tells. */

/** How many keys the outermost object of this JSON text (which must be valid) has, equal ones counted each. */
export function keyCount(json: string): number {
  let depth = 0;
  let count = 0;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      for (i++; json[i] !== '"' && i < json.length; i++) if (json[i] === '\\') i++;
    } else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === ':' && depth === 1) count++;
  }
  return count;
}
