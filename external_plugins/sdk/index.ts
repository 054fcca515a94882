/**
 * What a plugin in TypeScript needs: define it, serve it, and ask Core for what it may. A whole plugin:
 *
 *     import { definePlugin, runPlugin } from '#plugin-sdk'
 *
 *     const dice = definePlugin({
 *       id: 'dice',
 *       name: 'Dice',
 *       description: 'Throws dice',
 *       capabilities: {
 *         throw: {
 *           name: 'Throw a die',
 *           run: () => `You threw a ${Math.ceil(Math.random() * 6)}.`,
 *         },
 *       },
 *     })
 *     await runPlugin(process.env, { port: 3120 }, dice)
 *
 * @module
 */
export { readBody } from './body.ts'
export type { Core } from './core.ts'
export { type Environment, fromEnvironment } from './environment.ts'
export { CoreError, PluginError } from './errors.ts'
export { runPlugin } from './life.ts'
export { createLog, type Log } from './log.ts'
export {
  type Answer,
  type CapabilityDefinition,
  definePlugin,
  type Plugin,
  type PluginApp,
  type Run,
} from './plugin.ts'
export { type ServeOptions, type Serving, servePlugin } from './serve.ts'
