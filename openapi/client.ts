// A typed client of the contract, as a mini-program or the web console would write it. It is compiled by `npm run types`
// with everything strict, and never run: what compiles here fits the contract.

import type { operations, components } from "./build/openapi";

type Schemas = components["schemas"];

/** The body of an operation's answer with this status. */
type Body<Id extends keyof operations, Status extends number> =
  operations[Id]["responses"] extends { [S in Status]: { content: infer Content } } ? Content[keyof Content] : never;

/** What may go wrong, on every operation. */
export type Refusal = Body<"list_sessions", 401> & Body<"create_session", 422> & Body<"read_place", 404>;

export class Refused extends Error {
  constructor(readonly problem: Schemas["Problem"]) {
    super(problem.errmsg);
  }
}

/** What `wx.request` or `fetch` does, reduced to what matters here. */
export type Send = (method: string, path: string, headers: Record<string, string>, body?: unknown) => Promise<unknown>;

export class Linli {
  private token: string | undefined;

  constructor(private readonly send: Send) {}

  async signIn(grant: Schemas["SignIn"]): Promise<Schemas["Person"]> {
    const signedIn = (await this.call("POST", "/v1/sessions", grant)) as Body<"create_session", 201>;
    this.token = signedIn.access_token;
    return signedIn.person;
  }

  async sessions(): Promise<readonly Schemas["Session"][]> {
    return ((await this.call("GET", "/v1/sessions")) as Body<"list_sessions", 200>).items;
  }

  async signOut(id: operations["delete_session"]["parameters"]["path"]["session_id"]): Promise<void> {
    await this.call("DELETE", `/v1/sessions/${id}`);
  }

  async place(id: string): Promise<Body<"read_place", 200>> {
    return (await this.call("GET", `/v1/places/${id}`)) as Body<"read_place", 200>;
  }

  /** Everything that happened since a cursor, page by page. */
  async *changes(query: NonNullable<operations["list_changes"]["parameters"]["query"]>): AsyncGenerator<Schemas["Change"]> {
    let cursor = query.cursor;
    for (;;) {
      const asked = new URLSearchParams();
      if (query.place_id !== undefined) asked.set("place_id", query.place_id);
      if (cursor !== undefined) asked.set("cursor", cursor);
      asked.set("wait", String(query.wait ?? 0));
      const page = (await this.call("GET", `/v1/changes?${asked}`)) as Body<"list_changes", 200>;
      yield* page.items;
      if (!page.more) return;
      cursor = page.next_cursor;
    }
  }

  private call(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token !== undefined) headers["authorization"] = `Bearer ${this.token}`;
    return this.send(method, path, headers, body);
  }
}

// The demo signs in by name, and nothing else does.
export const resident: Schemas["SignIn"] = { grant: "DEMO", login: "resident" };
// @ts-expect-error A sign-in with WeChat needs its code.
export const withoutCode: Schemas["SignIn"] = { grant: "WECHAT" };
// @ts-expect-error There is no such person.
export const nobody: Schemas["SignIn"] = { grant: "DEMO", login: "nobody" };
