/**
 * The three workers' clients, made in one place. The page's first load holds none of this code: it is
 * imported after the first paint.
 */

import type { CodecClient } from '../../clients/codec.ts';
import type { EngineClient } from '../../clients/engine.ts';
import type { LibraryClient } from '../../clients/library.ts';

export interface Services {
  readonly engine: EngineClient;
  readonly codec: CodecClient;
  readonly library: LibraryClient;
}

export async function startServices(): Promise<Services> {
  const [codecModule, engineModule, libraryModule] = await Promise.all([
    import('../../clients/codec.ts'),
    import('../../clients/engine.ts'),
    import('../../clients/library.ts'),
  ]);
  const codec = new codecModule.CodecClient({ onRestart: () => void engine.reconnect() });
  const engine = new engineModule.EngineClient({ codec });
  return { codec, engine, library: new libraryModule.LibraryClient() };
}
