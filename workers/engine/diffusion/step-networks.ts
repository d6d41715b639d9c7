/** The networks of a step that a job runs, whichever kind of model they are of. */

import type { ModelTraits, Networks } from '../../../src/diffusion/refine/networks.ts';

export interface StepNetworks extends Networks {
  /** Whether predictions are made one by one; `takeTurns` makes it so. */
  readonly inTurn: boolean;
  takeTurns(): void;
  /** What the model predicts where no file told and it was tried; null otherwise. */
  readonly learned: ModelTraits['prediction'] | null;
  release(): Promise<void>;
}
