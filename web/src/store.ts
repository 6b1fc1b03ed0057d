// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One value that a page is drawn from, replaced as a whole; components follow the part that they draw.
import { useEffect, useReducer, useRef } from "preact/hooks";

export interface Store<State> {
  get: () => State;
  set: (change: Partial<State>) => void;
  /** A part of the state; the component is drawn again when the part is another one. */
  use: <T>(part: (state: State) => T) => T;
}

export function makeStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const followers = new Set<() => void>();
  return {
    get: () => state,
    set: (change) => {
      state = { ...state, ...change };
      for (const follower of [...followers]) follower();
    },
    use: <T,>(part: (state: State) => T): T => {
      const [, draw] = useReducer((n: number) => n + 1, 0);
      const value = part(state);
      const shown = useRef(value);
      shown.current = value;
      const choose = useRef(part);
      choose.current = part;
      useEffect(() => {
        const follower = () => {
          if (!Object.is(choose.current(state), shown.current)) draw(undefined);
        };
        followers.add(follower);
        follower();
        return () => void followers.delete(follower);
      }, []);
      return value;
    },
  };
}
