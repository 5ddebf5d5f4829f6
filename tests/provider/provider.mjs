// The OpenID Connect provider of the tests: oidc-provider behind TLS, with device codes and a password grant.
//
//     node_modules/node-linux-*/bin/node provider.mjs FOLDER PORT ISSUER
//
// FOLDER holds server.key and server.crt (in), people.json (in: who exists at the first start),
// state.json (everything that outlives a restart), requests.jsonl (one line per HTTP request, without
// secrets) and control.sock, over which a test looks and changes things while this runs:
//     GET /ready   PATCH /people {name: {...} or null}   POST /keys (add ?drop to forget the old ones)
//     GET /secrets (every token ever handed out, so that a test can search for leaks)
// Somebody with `more: true` has a password that is not enough alone: the grant asks for interaction.
// Pages for browsers are plain forms: /device, and below /interaction the password and the consent.
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:http';
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { Provider, errors } from 'oidc-provider';

const [folder, port, issuer] = process.argv.slice(2);
const at = (name) => `${folder}/${name}`;
const now = () => Math.floor(Date.now() / 1000);

const newKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: 'RS256',
});
const state = existsSync(at('state.json'))
  ? JSON.parse(readFileSync(at('state.json')))
  : { people: JSON.parse(readFileSync(at('people.json'))), keys: [newKey()], records: {}, secrets: [] };

function save() {
  writeFileSync(at('state.json.new'), JSON.stringify(state), { mode: 0o600 });
  renameSync(at('state.json.new'), at('state.json'));
}

// The provider's storage interface, kept in state.json so that tokens survive a restart.
class Records {
  constructor(kind) { this.kind = kind; }
  key(id) { return `${this.kind}:${id}`; }
  async upsert(id, payload, expiresIn) {
    state.records[this.key(id)] = { ...payload, until: expiresIn ? now() + expiresIn : undefined };
    save();
  }
  async find(id) {
    const found = state.records[this.key(id)];
    return found && (!found.until || found.until > now()) ? found : undefined;
  }
  async first(member, value) {
    return Object.values(state.records).find((record) => record.kind === this.kind && record[member] === value);
  }
  async findByUid(uid) { return this.first('uid', uid); }
  async findByUserCode(code) { return this.first('userCode', code); }
  async consume(id) { state.records[this.key(id)].consumed = now(); save(); }
  async destroy(id) { delete state.records[this.key(id)]; save(); }
  async revokeByGrantId(grantId) {
    for (const [key, record] of Object.entries(state.records)) if (record.grantId === grantId) delete state.records[key];
    save();
  }
}

function account(subject) {
  const [name, person] = Object.entries(state.people).find(([, { sub }]) => sub === subject) ?? [];
  if (!person) return undefined;
  const { password, more, ...claims } = person;
  return { accountId: subject, claims: async () => ({ preferred_username: name, ...claims }) };
}

function passwordIsRight(name, typed) {
  const [want, got] = [state.people[name]?.password ?? '', typed].map((text) => Buffer.from(text));
  return want.length > 0 && want.length === got.length && timingSafeEqual(want, got);
}

// Resource owner password credentials (RFC 6749 section 4.3), which the provider leaves to a custom grant.
function passwordGrant(provider) {
  return async (ctx) => {
    const { client, params } = ctx.oidc;
    const name = String(params.username ?? '').toLowerCase();
    if (!passwordIsRight(name, String(params.password ?? ''))) throw new errors.InvalidGrant('wrong name or password');
    if (state.people[name].more) throw new errors.InteractionRequired('more than a password is wanted');
    const scope = params.scope ?? 'openid';
    const found = account(state.people[name].sub);
    const grant = new provider.Grant({ accountId: found.accountId, clientId: client.clientId });
    grant.addOIDCScope(scope);
    const shared = { accountId: found.accountId, client, grantId: await grant.save(), gty: 'password', scope };
    const access = new provider.AccessToken(shared);
    ctx.oidc.entity('Account', found);
    ctx.oidc.entity('Grant', grant);
    ctx.oidc.entity('AccessToken', access);
    const id = new provider.IdToken(await found.claims(), { ctx });
    id.scope = scope;
    id.set('auth_time', now());
    ctx.body = {
      access_token: await access.save(), token_type: 'Bearer', expires_in: access.expiration, scope,
      id_token: await id.issue({ use: 'idtoken' }),
    };
    if (scope.split(' ').includes('offline_access')) {
      ctx.body.refresh_token = await new provider.RefreshToken({ ...shared, authTime: now(), rotations: 0 }).save();
    }
  };
}

function build() {
  const provider = new Provider(issuer, {
    adapter: Records,
    jwks: { keys: state.keys },
    clients: [{
      client_id: 'latchkey-test', token_endpoint_auth_method: 'none', application_type: 'native',
      grant_types: ['password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], response_types: [], redirect_uris: [],
    }],
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: { openid: ['sub', 'oid', 'preferred_username', 'name', 'groups'], profile: [] },
    conformIdTokenClaims: false, // the ID token carries the claims although an access token comes with it
    issueRefreshToken: async (ctx, client, code) => code.scopes.has('offline_access'),
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, IdToken: 600, DeviceCode: 600, Session: 600, Interaction: 600,
      RefreshToken: 30 * 86400, Grant: 30 * 86400 },
    cookies: { keys: ['not a secret'] },
    features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true } },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: async (ctx, subject) => account(subject),
  });
  provider.registerGrantType('password', passwordGrant(provider), ['username', 'password', 'scope']);
  provider.use(async (ctx, next) => {
    await next();
    ctx.req.grant = ctx.oidc?.params?.grant_type;
    const handedOut = ['access_token', 'refresh_token', 'id_token'].map((kind) => ctx.body?.[kind]).filter(Boolean);
    if (handedOut.length) { state.secrets.push(...handedOut); save(); }
  });
  return provider;
}

async function textOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return body;
}

async function bodyOf(request) {
  const text = await textOf(request);
  return text ? JSON.parse(text) : {};
}

// What a browser meets between the code and the end: a page for the password, one for the consent.
async function interact(request, response) {
  const { uid, prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    response.end(`<form method="post" action="/interaction/${uid}"><input name="username" value="">
      <input name="password" value=""><input name="decision" value="allow"></form>`);
    return;
  }
  const form = new URLSearchParams(await textOf(request));
  const finish = (result, merge) => provider.interactionFinished(request, response, result, { mergeWithLastSubmission: merge });
  if (form.get('decision') !== 'allow') {
    await finish({ error: 'access_denied', error_description: 'declined' }, false);
  } else if (prompt.name === 'login') {
    const name = form.get('username');
    if (passwordIsRight(name, form.get('password'))) return finish({ login: { accountId: state.people[name].sub } }, false);
    response.statusCode = 401;
    response.end('wrong name or password');
  } else {
    const grant = grantId ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    await finish({ consent: { grantId: await grant.save() } }, true);
  }
}

let provider = build();
let answer = provider.callback();
const controls = {
  'GET /ready': () => ({ ready: true }),
  'GET /secrets': () => state.secrets,
  'PATCH /people': async (request) => {
    for (const [name, change] of Object.entries(await bodyOf(request))) {
      if (change === null) delete state.people[name];
      else state.people[name] = { ...state.people[name], ...change };
    }
  },
  'POST /keys': (request) => {
    state.keys = [newKey(), ...(request.url.endsWith('?drop') ? [] : state.keys)];
    provider = build();
    answer = provider.callback();
  },
};

createTlsServer({ key: readFileSync(at('server.key')), cert: readFileSync(at('server.crt')) }, (request, response) => {
  const path = request.url.split('?')[0];
  response.on('finish', () => appendFileSync(at('requests.jsonl'), `${JSON.stringify({
    at: Number(process.hrtime.bigint()) / 1e9, method: request.method, path, grant_type: request.grant, status: response.statusCode,
  })}\n`));
  if (path.startsWith('/interaction/')) {
    interact(request, response).catch((trouble) => { response.statusCode = 500; response.end(String(trouble)); });
  } else {
    answer(request, response);
  }
}).listen(Number(port), '127.0.0.1', () => {
  rmSync(at('control.sock'), { force: true });
  createServer(async (request, response) => {
    const control = controls[`${request.method} ${request.url.split('?')[0]}`];
    response.statusCode = control ? 200 : 404;
    const said = control ? await control(request) : 'no such control';
    if (request.method !== 'GET') save();
    response.end(JSON.stringify(said ?? null));
  }).listen(at('control.sock'));
});
