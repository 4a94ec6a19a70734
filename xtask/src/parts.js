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
      await WebAssembly.instantiate(await answer.arrayBuffer(), { __wasm_split: /*shared*/ });
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
