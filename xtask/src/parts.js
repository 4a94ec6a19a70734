// Fetches the files that come on demand. Becomes a part of the loader, whose `wasm` is the program.
const __parts = new Map();
function __part(file) {
  let coming = __parts.get(file);
  if (!coming) {
    coming = (async () => {
      const answer = await fetch(new URL(file, import.meta.url));
      // It belongs to a program that the server no longer has.
      if (answer.status === 404) document.documentElement.setAttribute('data-outdated', '');
      if (!answer.ok) throw new Error(`${answer.status} ${answer.url}`);
      const bundle = await WebAssembly.compile(await answer.arrayBuffer());
      const pieces = WebAssembly.Module.customSections(bundle, 'piece');
      const imports = { __wasm_split: /*shared*/ };
      await Promise.all(pieces.map((piece) => WebAssembly.instantiate(piece, imports)));
    })();
    __parts.set(file, coming);
    coming.catch(() => __parts.delete(file));
  }
  return coming;
}
const __fetches = (...files) => async (callback, data) => {
  let here = true;
  try {
    await Promise.all(files.map(__part));
  } catch (error) {
    console.warn(error);
    here = false;
  }
  wasm.__indirect_function_table.get(callback)(data, here);
};
