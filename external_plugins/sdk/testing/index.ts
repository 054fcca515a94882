/**
 * For the tests of a plugin: ask it one thing, or have it prove that it keeps the contract.
 * @module
 */
export { ask } from './ask-plugin.ts'
export { inWords, type Report, type Target, testPlugin } from './conformance/index.ts'
