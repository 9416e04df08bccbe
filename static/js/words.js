// Keeps what is typed into the forms of the site in this browser, under the number of the user: it is filled in again
// after a reload, an ended session, a lost network or Back, offered again in another tab, given to nobody else, and gone
// once the server has saved it (it then names the form in a cookie), or after seven days. Rows that save themselves
// (autosave.js) use the same store.
(function () {
  "use strict";
  const PREFIX = "typed:";
  const LONGEST = 7 * 24 * 3600 * 1000;
  const SAVED = "saved_form";
  const mark = document.querySelector("meta[name=signed-in-user]");
  const user = mark ? mark.content : "";
  // The form that this page is the answer to: its mark as it was sent.
  const answered = document.querySelector("meta[name=answered-form]")?.content || "";
  const forms = [];
  let leaving = false;

  // A full or forbidden store: what is typed is still on the screen.
  function tried(act) { try { return act(); } catch (error) { return null; } }
  function read(key) { return tried(function () { return JSON.parse(localStorage.getItem(key)); }); }
  function write(key, value) {
    tried(function () { localStorage.setItem(key, JSON.stringify(Object.assign({ at: Date.now() }, value))); });
  }
  function drop(key) { tried(function () { localStorage.removeItem(key); }); }
  function keys() {
    return tried(function () { return Object.keys(localStorage); })?.filter(function (key) { return key.startsWith(PREFIX); }) || [];
  }
  function own(name) { return PREFIX + user + ":" + name; }
  window.typedWords = {
    get: function (name) { return user ? read(own(name)) : null; },
    set: function (name, value) { if (user) write(own(name), value); },
    drop: function (name) { drop(own(name)); },
  };

  keys().forEach(function (key) {
    const kept = read(key);
    if (!kept || !(Date.now() - kept.at < LONGEST)) drop(key);
  });

  // Words of one tab are filled in there; in any other they are only offered, as the first may still be open.
  const tab = tried(function () {
    if (!sessionStorage.getItem("tab")) sessionStorage.setItem("tab", Math.random().toString(36).slice(2, 12));
    return sessionStorage.getItem("tab");
  }) || "none";

  (document.cookie.match("(?:^|; )" + SAVED + "=([a-z0-9.]*)") || ["", ""])[1].split(".").filter(Boolean).forEach(function (sent) {
    keys().forEach(function (key) { if (read(key)?.sent === sent) drop(key); });
    document.cookie = SAVED + "=; path=/; max-age=0";
  });

  function isTyped(one) {
    if (!one.name || one.disabled || one.readOnly || one.hidden || one.closest("[data-row], [data-not-kept]")) return false;
    if (["hidden", "submit", "button", "reset", "image", "password", "file"].includes(one.type)) return false;
    // Who confirms does so anew each time.
    return one.tagName !== "BUTTON" && one.tagName !== "FIELDSET" && one.tagName !== "OUTPUT" && !(one.type === "checkbox" && one.required);
  }
  function isBox(one) { return one.type === "checkbox" || one.type === "radio"; }
  function controls(form) { return Array.from(form.elements).filter(isTyped); }
  function files(form) { return Array.from(form.elements).filter(function (one) { return one.type === "file" && one.name && !one.disabled; }); }

  function value(one, asSent) {
    if (isBox(one)) return asSent ? one.defaultChecked : one.checked;
    if (!one.options) return asSent ? one.defaultValue : one.value;
    const chosen = Array.from(one.options).filter(function (option) { return asSent ? option.defaultSelected : option.selected; });
    if (!chosen.length && asSent && !one.multiple && one.options.length) return [one.options[0].value];
    return chosen.map(function (option) { return option.value; });
  }
  function put(one, kept) {
    if (isBox(one)) one.checked = kept === true;
    else if (one.options) Array.from(one.options).forEach(function (option) { option.selected = Array.isArray(kept) && kept.includes(option.value); });
    else one.value = String(kept);
  }
  // By name; several controls of one name in their order. As they stand, or as the server sent them.
  function words(form, asSent) {
    const found = {};
    controls(form).forEach(function (one) { (found[one.name] = found[one.name] || []).push(value(one, asSent)); });
    return found;
  }
  function same(some, others) { return JSON.stringify(some) === JSON.stringify(others); }

  function fill(form, kept) {
    const left = [];
    const seen = {};
    controls(form).forEach(function (one) {
      const place = seen[one.name] = (seen[one.name] || 0) + 1;
      const values = kept[one.name];
      if (!values || values.length < place || same(values[place - 1], value(one))) return;
      put(one, values[place - 1]);
      one.dispatchEvent(new Event("input", { bubbles: true }));
      one.dispatchEvent(new Event("change", { bubbles: true }));
    });
    // What was typed into a row that is not on the page any more, or not yet.
    Object.keys(kept).forEach(function (name) {
      kept[name].slice(seen[name] || 0).forEach(function (text) { if (typeof text === "string" && text.trim()) left.push(text); });
    });
    return left;
  }

  function when(at) {
    const day = new Date(at);
    const clock = day.getHours() + ":" + String(day.getMinutes()).padStart(2, "0");
    return day.toDateString() === new Date().toDateString() ? clock : (day.getMonth() + 1) + "月" + day.getDate() + "日 " + clock;
  }
  function paragraph(text) {
    const line = document.createElement("p");
    line.textContent = text;
    return line;
  }
  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm btn-outline-primary";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }
  function say(kept, lines, buttons) {
    quiet(kept);
    const box = document.createElement("div");
    box.className = "notice typed-words";
    box.setAttribute("role", "status");
    lines.forEach(function (line) { box.appendChild(paragraph(line)); });
    if (buttons.length) {
      const row = document.createElement("div");
      row.className = "actions";
      buttons.forEach(function (one) { row.appendChild(one); });
      box.appendChild(row);
    }
    kept.form.insertBefore(box, kept.form.firstChild);
    for (let fold = box.closest("details"); fold; fold = fold.parentNode.closest("details")) fold.open = true;
    kept.box = box;
    return box;
  }
  function quiet(kept) {
    if (kept.box) kept.box.remove();
    kept.box = null;
  }

  function again(names) { return "文件要重新选择：" + names.join("、"); }
  function restored(kept, entry) {
    const left = fill(kept.form, entry.words);
    const lines = ["已填回您 " + when(entry.at) + " 在这里填过、还没有保存的内容，请核对后保存。"];
    if (entry.files && entry.files.length) lines.push(again(entry.files));
    if (left.length) lines.push("下面这些找不到原来的格子，可以复制：" + left.join("；"));
    say(kept, lines, [button("不要这些内容", function () {
      fill(kept.form, words(kept.form, true));
      drop(kept.key);
      quiet(kept);
    })]);
  }
  function offered(kept, entry, key) {
    const lines = ["您 " + when(entry.at) + " 在这里填过的内容没有保存" + (key === kept.key ? "；在那以后，这里的内容有过修改。" : "。")];
    say(kept, lines, [
      button("填回来", function () {
        drop(key);
        write(kept.key, { base: kept.base, words: entry.words, files: entry.files });
        restored(kept, entry);
      }),
      button("不要了", function () {
        drop(key);
        quiet(kept);
      }),
    ]);
  }

  function keep(kept, sent) {
    if (!document.contains(kept.form)) return;
    const now = words(kept.form);
    const chosen = files(kept.form).flatMap(function (one) { return Array.from(one.files).map(function (file) { return file.name; }); });
    if (same(now, kept.base) && !chosen.length) return drop(kept.key);
    write(kept.key, { base: kept.base, words: now, files: chosen, sent: sent });
  }

  function start(form) {
    if ((form.getAttribute("method") || "").toLowerCase() !== "post" || form.closest("[data-not-kept]") || !user) return;
    if (forms.some(function (one) { return one.form === form; }) || !(controls(form).length || files(form).length)) return;
    const action = form.getAttribute("action") || "";
    const place = forms.filter(function (one) { return one.action === action && document.contains(one.form); }).length;
    const name = location.pathname + location.search + ":" + action + ":" + place + ":";
    const kept = { form: form, action: action, key: own(name + tab), base: words(form, true), box: null };
    forms.push(kept);
    const mine = read(kept.key);
    if (mine) {
      // The server shows a refused form with what was typed in it, tidied or added to: it stays until it is saved.
      const isAnswer = answered && mine.sent === answered;
      if (isAnswer && !controls(form).length) return drop(kept.key); // a file alone has arrived
      if (isAnswer || same(mine.words, kept.base)) {
        kept.base = mine.base;
        if (isAnswer) write(kept.key, Object.assign({}, mine, { words: words(form) }));
        if (mine.files && mine.files.length) say(kept, [again(mine.files)], []);
      } else if (same(mine.base, kept.base)) restored(kept, mine);
      else offered(kept, mine, kept.key);
      return;
    }
    if (!same(words(form), kept.base)) keep(kept);
    if (answered) return;
    const others = keys().filter(function (key) { return key.startsWith(own(name)); });
    const newest = others.sort(function (one, other) { return read(other).at - read(one).at; })[0];
    if (newest && !same(read(newest).words, kept.base)) offered(kept, read(newest), newest);
  }

  function keptOf(target) {
    // Not by target.form first: a form may have a control of that name.
    const form = target.closest && target.closest("form") || target.form;
    return forms.find(function (one) { return one.form === form; });
  }
  ["input", "change"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      const kept = keptOf(event.target);
      if (!kept) return;
      window.clearTimeout(kept.timer);
      kept.timer = window.setTimeout(function () {
        kept.timer = 0;
        if (!leaving) keep(kept);
      }, 300);
    });
  });
  window.addEventListener("pagehide", function () {
    if (!leaving) forms.forEach(function (kept) { if (kept.timer) keep(kept); });
  });

  // The form tells its mark; the server names it once what was in it is saved.
  document.addEventListener("submit", function (event) {
    const kept = keptOf(event.target);
    if (!kept || event.defaultPrevented) return;
    if (navigator.onLine === false) {
      event.preventDefault();
      keep(kept);
      const box = say(kept, ["现在没有网络，还没有保存。内容已留在这台电脑上，连上网络后再按一次。"], []);
      box.setAttribute("role", "alert");
      box.scrollIntoView({ block: "nearest" });
      return;
    }
    const sent = Math.random().toString(36).slice(2, 12);
    let field = kept.form.querySelector("input[name=typed_form]");
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "typed_form";
      kept.form.appendChild(field);
    }
    field.value = sent;
    keep(kept, sent);
    leaving = true;
  }, true);
  window.addEventListener("pageshow", function () { leaving = false; });

  function startAll() { document.querySelectorAll("form").forEach(start); }
  startAll();
  document.addEventListener("htmx:afterSettle", startAll);

  // On the page of signing in: why, and that nothing is lost.
  const place = document.querySelector("[data-typed-words]");
  if (place && keys().some(function (key) { return key.endsWith(":" + tab); })) {
    place.appendChild(paragraph("登录已经结束。您刚才填写、还没有保存的内容留在这台电脑上，登录以后自动填回。"));
    place.hidden = false;
  }
})();
