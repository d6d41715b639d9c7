/**
 * Writes an ONNX file again whose graph stays as it is: with other ends around it and its weights as external data,
 * or with its weights taken in from the files beside it. Weights are never read.
 */

import type { ByteRange, OnnxHeader, OnnxStored } from './header.ts';
import type { OnnxInitializer, OnnxNode, OnnxValue } from './model.ts';
import { placedNodes, type ReadNode } from './nodes.ts';
import { block, integer, join, text, varint, type Pieces } from './wire.ts';
import { externalTensor, nodeProto, tensorHeader, tensorProto, valueInfo } from './writer.ts';

/** What stands around the graph. Nodes are of the operator set that the graph asks for. */
export interface NewEnds {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly before: readonly OnnxNode[];
  readonly after: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
}

/** From this on weights need not be inputs too, and functions are known. */
const leastIrVersion = 8;

/** Shapes and factors, which the runtime wants to see when it reads the graph. */
const smallBytes = 1024;

/**
 * The same nodes between other ends. Its own inputs and outputs become values within, so that the shapes that they
 * tell no longer bind. Larger weights lie in the file `location`: the header's Blob. Throws a `DOMException` when the
 * Blob cannot be read.
 */
export async function withEnds(
  header: OnnxHeader,
  ends: NewEnds,
  location: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { graph } = header;
  const read = readerOf(header);
  const tensors = await tensorsOutside(header, location);
  return join([
    ...integer(1, Math.max(leastIrVersion, graph.irVersion)),
    ...(await read(graph.head)),
    ...block(
      7,
      text(2, 'graph'),
      ends.inputs.flatMap((value) => block(11, valueInfo(value))),
      ends.outputs.flatMap((value) => block(12, valueInfo(value))),
      ends.before.flatMap((node) => block(1, nodeProto(node))),
      await read(graph.nodes),
      ends.after.flatMap((node) => block(1, nodeProto(node))),
      await read(graph.others),
      ends.initializers.flatMap((initializer) => block(5, tensorProto(initializer))),
      tensors,
    ),
  ]);
}

/**
 * The same graph with its larger weights in the file `location`, the header's Blob, and with each node that `replaced` has others for put
 * in their place; null leaves a node as it is. Throws a `DOMException` when the Blob cannot be read.
 */
export async function withWeightsOutside(
  header: OnnxHeader,
  location: string,
  replaced: (node: ReadNode) => readonly OnnxNode[] | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const { graph } = header;
  const read = readerOf(header);
  return join([
    ...integer(1, Math.max(leastIrVersion, graph.irVersion)),
    ...(await read(graph.head)),
    ...block(
      7,
      await read(graph.ends),
      await nodesReplaced(header, replaced),
      await read(graph.others),
      await tensorsOutside(header, location),
    ),
  ]);
}

async function nodesReplaced(
  header: OnnxHeader,
  replaced: (node: ReadNode) => readonly OnnxNode[] | null,
): Promise<Pieces> {
  const read = readerOf(header);
  const others = (await placedNodes(header)).flatMap(({ node, range }) => {
    const instead = replaced(node);
    return instead ? [{ ...range, pieces: instead.flatMap((other) => block(1, nodeProto(other))) }] : [];
  });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (const range of header.graph.nodes) {
    let from = range.start;
    for (const other of others.filter(({ start, end }) => start >= range.start && end <= range.end)) {
      pieces.push(...(await read([{ start: from, end: other.start }])), ...other.pieces);
      from = other.end;
    }
    pieces.push(...(await read([{ start: from, end: range.end }])));
  }
  return pieces;
}

function readerOf({ table }: OnnxHeader): (ranges: readonly ByteRange[]) => Promise<Pieces> {
  return (ranges) => Promise.all(ranges.map(({ start, end }) => bytesOf(table.blob, start, end)));
}

/** Smaller ones stay, as the runtime wants to see shapes and factors when it reads the graph. */
async function tensorsOutside(header: OnnxHeader, location: string): Promise<Pieces> {
  const read = readerOf(header);
  const tensors: Uint8Array<ArrayBuffer>[] = [];
  for (const stored of header.graph.initializers) {
    const { name, type, shape, data, message } = stored;
    const proto =
      data && data.end - data.start > smallBytes
        ? externalTensor(name, type, shape, { location, offset: data.start, length: data.end - data.start })
        : data && isBeside(stored)
          ? [...tensorHeader(name, type, shape), ...block(9, await read([data]))]
          : await read([message]);
    tensors.push(...block(5, proto));
  }
  return tensors;
}

/** One file that needs no others: as it is where it already is one, else of ranges, so that nothing is copied. */
export function inOneFile({ graph, table, metadata, beside }: OnnxHeader): Blob {
  if (beside.length === 0) return table.blob;
  const slice = ({ start, end }: ByteRange): Blob => table.blob.slice(start, end);
  const content: BlobPart[] = [...graph.ends, ...graph.nodes, ...graph.others].map(slice);
  for (const stored of graph.initializers) {
    const { name, type, shape, data, message } = stored;
    const parts: BlobPart[] =
      data && isBeside(stored)
        ? [...tensorHeader(name, type, shape), ...field(9, [slice(data)])]
        : [slice(message)];
    content.push(...field(5, parts));
  }
  const notes = [...metadata].flatMap(([key, value]) => block(14, text(1, key), text(2, value)));
  return new Blob([
    ...integer(1, Math.max(leastIrVersion, graph.irVersion)),
    ...graph.head.map(slice),
    ...notes,
    ...field(7, content),
  ]);
}

/** A field of wire type 2 whose content is bytes and Blobs. */
function field(number: number, content: readonly BlobPart[]): BlobPart[] {
  const whole = new Blob([...content]);
  return [varint(number * 8 + 2), varint(whole.size), whole];
}

function isBeside({ data, message }: OnnxStored): boolean {
  return data !== null && (data.start < message.start || data.end > message.end);
}

async function bytesOf(blob: Blob, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.slice(start, end).arrayBuffer());
}
