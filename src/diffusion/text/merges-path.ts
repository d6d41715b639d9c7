/** Where the app serves the text tokenizer's merges (`createTokenizer`), below its own address. */
export const mergesPath = 'models/clip/merges.txt';
