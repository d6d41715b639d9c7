/** The nodes of an ONNX graph, as far as a count of its work needs them. */

import { BlobWindow } from '../blob-window.ts';
import { FieldWalker, Malformed, type Field } from './fields.ts';
import type { ByteRange, OnnxHeader } from './header.ts';

export interface ReadNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are integers or lists of them. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
}

const mostNumbers = 64;

/** In the file's order, which is one of work. Those that cannot be read are left out. */
export async function readNodes(header: OnnxHeader): Promise<readonly ReadNode[]> {
  return (await placedNodes(header)).map(({ node }) => node);
}

interface PlacedNode {
  readonly node: ReadNode;
  /** The whole field in the table's Blob, its tag included. */
  readonly range: ByteRange;
}

/** As `readNodes`, with where they lie. */
export async function placedNodes({ table, graph }: OnnxHeader): Promise<readonly PlacedNode[]> {
  const fields = new FieldWalker(new BlobWindow(table.blob));
  const nodes: PlacedNode[] = [];
  try {
    for (const { start, end } of graph.nodes) {
      await fields.walk(start, end, async (field) => {
        nodes.push({ node: await readNode(fields, field), range: { start: field.tag, end: field.end } });
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown;
  }
  return nodes;
}

async function readNode(fields: FieldWalker, message: Field): Promise<ReadNode> {
  let op = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const numbers = new Map<string, readonly number[]>();
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number === 1) inputs.push(await fields.text(field));
    else if (field.number === 2) outputs.push(await fields.text(field));
    else if (field.number === 4) op = await fields.text(field);
    else if (field.number === 5 && field.wire === 2) {
      const [name, values] = await readNumbers(fields, field);
      if (values.length > 0) numbers.set(name, values);
    }
  });
  return { op, inputs, outputs, numbers };
}

async function readNumbers(fields: FieldWalker, message: Field): Promise<[string, number[]]> {
  let name = '';
  const values: number[] = [];
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number === 1) name = await fields.text(field);
    // Lists of another kind are longer than any that matters here.
    else if (field.number === 3 || (field.number === 8 && field.end - field.start < mostNumbers)) {
      values.push(...(await fields.integers(field, mostNumbers)));
    }
  });
  return [name, values];
}
