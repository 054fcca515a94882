import { createEdit, type EditParts } from './edit.ts'
import { setEnabled } from './plugins-text.ts'

/** Changes of core.yml by Core. */
export interface PluginEdits {
  /** Sets `plugins.<id>.enabled`, with an entry of its own when there is none. @throws as an `Edit` does */
  enable(id: string, enabled: boolean): Promise<void>
}

export function createPluginEdits(parts: EditParts): PluginEdits {
  const edit = createEdit('core', parts)
  return {
    async enable(id, enabled) {
      await edit((text, { core }) =>
        Object.hasOwn(core.plugins, id) && core.plugins[id]?.enabled === enabled
          ? text
          : setEnabled(text, id, enabled),
      )
    },
  }
}
