// SPDX-License-Identifier: Apache-2.0
// Shows openapi.json: the calls by tag, the schemas, and the error codes.

const METHODS = ['get', 'post', 'put', 'delete'];

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children.filter((child) => child !== undefined && child !== ''));
  return made;
}

/** A text in which code is between backticks. */
function prose(text = '') {
  return element('span', {}, ...text.split('`').map((part, i) => (i % 2 === 1 ? element('code', {}, part) : part)));
}

function table(heads, rows) {
  return rows.length === 0 ? '' : element('table', {},
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, cell))))));
}

/** The type of a schema, with links to named schemas. */
function type(schema) {
  if (schema === undefined) return '';
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return element('a', { href: `#schema-${name}` }, name);
  }
  if (schema.oneOf) return element('span', {}, ...schema.oneOf.flatMap((one, i) => (i > 0 ? [' or ', type(one)] : [type(one)])));
  if (schema.enum) return schema.enum.join(', ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'array') return element('span', {}, 'list of ', type(schema.items));
  if (schema.type === 'object' && schema.properties) return properties(schema);
  return [schema.type].flat().join(' or ') + (schema.format ? ` (${schema.format})` : '');
}

function properties(schema) {
  const required = schema.required ?? [];
  return table(['Key', 'Type', 'Meaning'], Object.entries(schema.properties ?? {}).map(([key, value]) => [
    element('span', {}, element('code', {}, key), required.includes(key) ? '' : ' (optional)'),
    type(value),
    prose(value.description),
  ]));
}

function call(document, method, path, operation) {
  const resolve = (item) => (item.$ref ? item.$ref.slice(2).split('/').reduce((at, key) => at[key], document) : item);
  const body = Object.entries(operation.requestBody?.content ?? {});
  return element('details', { id: operation.operationId, className: operation.deprecated ? 'call deprecated' : 'call' },
    element('summary', {}, element('code', {}, `${method.toUpperCase()} ${path}`), ` ${operation.summary}`),
    element('p', {}, prose(operation.description)),
    table(['Parameter', 'In', 'Type', 'Meaning'], (operation.parameters ?? []).map(resolve).map((parameter) => [
      element('span', {}, element('code', {}, parameter.name), parameter.required ? '' : ' (optional)'),
      parameter.in, type(parameter.schema), prose(parameter.description),
    ])),
    ...body.map(([media, content]) => element('p', {}, `Body, ${media}: `, type(content.schema))),
    table(['Status', 'Form', 'Meaning'], Object.entries(operation.responses).map(([status, response]) => {
      const { content = {}, description } = resolve(response);
      const [media, { schema } = {}] = Object.entries(content)[0] ?? [''];
      return [status, element('span', {}, `${media} `, type(schema)), prose(description)];
    })));
}

function calls(document, tag) {
  const all = Object.entries(document.paths).flatMap(([path, operations]) => METHODS
    .filter((method) => operations[method]?.tags.includes(tag.name))
    .map((method) => call(document, method, path, operations[method])));
  return element('section', {}, element('h2', {}, tag.name), element('p', {}, tag.description), ...all);
}

function schemas(document) {
  return element('section', {}, element('h2', {}, 'Schemas'), ...Object.entries(document.components.schemas).map(
    ([name, schema]) => element('details', { id: `schema-${name}` },
      element('summary', {}, element('code', {}, name), ` ${schema.description ?? ''}`), properties(schema))));
}

function errors(words) {
  return element('section', {}, element('h2', {}, 'Error codes'), element('table', {},
    element('thead', {}, element('tr', {}, ...['Code', 'Status', 'Remedy'].map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...Object.entries(words.errors).map(([code, { status, remedy }]) => element('tr', { id: code },
      element('td', {}, element('code', {}, code)), element('td', {}, String(status)), element('td', {}, remedy))))));
}

/** Opens what the address names, also after a click on a link of this page. */
function show() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  if (target.tagName === 'DETAILS') target.open = true;
  target.scrollIntoView();
}

async function json(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

const about = document.getElementById('about');
try {
  const [description, words] = await Promise.all([json('v1/openapi.json'), json('v1/words')]);
  document.getElementById('content').append(
    ...description.tags.map((tag) => calls(description, tag)), schemas(description), errors(words));
  about.replaceChildren(prose(description.info.description));
  document.getElementById('filter').addEventListener('input', ({ target }) => {
    for (const entry of document.querySelectorAll('details')) {
      entry.hidden = !entry.querySelector('summary').textContent.toLowerCase().includes(target.value.toLowerCase());
    }
  });
  addEventListener('hashchange', show);
  show();
} catch (error) {
  about.textContent = `The description cannot be loaded: ${error.message}`;
}
