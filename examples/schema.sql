-- The tables, indexes, word-search tables and triggers that github-to-sqlite 2.9.1 makes.
CREATE TABLE "users" (
   "login" TEXT,
   "id" INTEGER PRIMARY KEY,
   "node_id" TEXT,
   "avatar_url" TEXT,
   "gravatar_id" TEXT,
   "html_url" TEXT,
   "type" TEXT,
   "user_view_type" TEXT,
   "site_admin" INTEGER,
   "name" TEXT
);
CREATE TABLE "repos" (
   "id" INTEGER PRIMARY KEY,
   "node_id" TEXT,
   "name" TEXT,
   "full_name" TEXT,
   "private" INTEGER,
   "owner" INTEGER REFERENCES "users"("id"),
   "html_url" TEXT,
   "description" TEXT,
   "fork" INTEGER,
   "created_at" TEXT,
   "updated_at" TEXT,
   "pushed_at" TEXT,
   "homepage" TEXT,
   "size" INTEGER,
   "stargazers_count" INTEGER,
   "watchers_count" INTEGER,
   "language" TEXT,
   "has_issues" INTEGER,
   "forks_count" INTEGER,
   "archived" INTEGER,
   "disabled" INTEGER,
   "open_issues_count" INTEGER,
   "license" TEXT,
   "topics" TEXT,
   "visibility" TEXT,
   "default_branch" TEXT,
   "organization" INTEGER REFERENCES "users"("id")
);
CREATE TABLE "milestones" (
   "id" INTEGER PRIMARY KEY,
   "title" TEXT,
   "description" TEXT,
   "creator" INTEGER REFERENCES "users"("id"),
   "repo" INTEGER REFERENCES "repos"("id")
);
CREATE TABLE "issues" (
   "id" INTEGER PRIMARY KEY,
   "node_id" TEXT,
   "number" INTEGER,
   "title" TEXT,
   "user" INTEGER REFERENCES "users"("id"),
   "state" TEXT,
   "locked" INTEGER,
   "assignee" INTEGER REFERENCES "users"("id"),
   "milestone" INTEGER REFERENCES "milestones"("id"),
   "comments" INTEGER,
   "created_at" TEXT,
   "updated_at" TEXT,
   "closed_at" TEXT,
   "author_association" TEXT,
   "type" TEXT,
   "active_lock_reason" TEXT,
   "sub_issues_summary" TEXT,
   "issue_dependencies_summary" TEXT,
   "body" TEXT,
   "closed_by" TEXT,
   "reactions" TEXT,
   "performed_via_github_app" TEXT,
   "state_reason" TEXT,
   "repo" INTEGER REFERENCES "repos"("id"),
   "pull_request" TEXT
);
CREATE TABLE "labels" (
   "id" INTEGER PRIMARY KEY,
   "node_id" TEXT,
   "url" TEXT,
   "name" TEXT,
   "color" TEXT,
   "default" INTEGER,
   "description" TEXT
);
CREATE TABLE "issues_labels" (
   "labels_id" INTEGER REFERENCES "labels"("id"),
   "issues_id" INTEGER REFERENCES "issues"("id"),
   PRIMARY KEY ("issues_id", "labels_id")
);
CREATE TABLE "issue_comments" (
   "html_url" TEXT,
   "issue_url" TEXT,
   "id" INTEGER PRIMARY KEY,
   "node_id" TEXT,
   "user" INTEGER REFERENCES "users"("id"),
   "created_at" TEXT,
   "updated_at" TEXT,
   "author_association" TEXT,
   "body" TEXT,
   "reactions" TEXT,
   "performed_via_github_app" TEXT,
   "issue" INTEGER REFERENCES "issues"("id")
);
CREATE INDEX "idx_repos_organization"
    ON "repos" ("organization");
CREATE INDEX "idx_repos_owner"
    ON "repos" ("owner");
CREATE INDEX "idx_milestones_repo"
    ON "milestones" ("repo");
CREATE INDEX "idx_milestones_creator"
    ON "milestones" ("creator");
CREATE INDEX "idx_issues_repo"
    ON "issues" ("repo");
CREATE INDEX "idx_issues_milestone"
    ON "issues" ("milestone");
CREATE INDEX "idx_issues_assignee"
    ON "issues" ("assignee");
CREATE INDEX "idx_issues_user"
    ON "issues" ("user");
CREATE INDEX "idx_issues_labels_issues_id"
    ON "issues_labels" ("issues_id");
CREATE INDEX "idx_issues_labels_labels_id"
    ON "issues_labels" ("labels_id");
CREATE INDEX "idx_issue_comments_issue"
    ON "issue_comments" ("issue");
CREATE INDEX "idx_issue_comments_user"
    ON "issue_comments" ("user");
CREATE VIRTUAL TABLE "issue_comments_fts" USING FTS5 (
    "body",
    content="issue_comments"
);
CREATE TRIGGER "issue_comments_ai" AFTER INSERT ON "issue_comments" BEGIN
  INSERT INTO "issue_comments_fts" (rowid, "body") VALUES (new.rowid, new."body");
END;
CREATE TRIGGER "issue_comments_ad" AFTER DELETE ON "issue_comments" BEGIN
  INSERT INTO "issue_comments_fts" ("issue_comments_fts", rowid, "body") VALUES('delete', old.rowid, old."body");
END;
CREATE TRIGGER "issue_comments_au" AFTER UPDATE ON "issue_comments" BEGIN
  INSERT INTO "issue_comments_fts" ("issue_comments_fts", rowid, "body") VALUES('delete', old.rowid, old."body");
  INSERT INTO "issue_comments_fts" (rowid, "body") VALUES (new.rowid, new."body");
END;
CREATE VIRTUAL TABLE "issues_fts" USING FTS5 (
    "title", "body",
    content="issues"
);
CREATE TRIGGER "issues_ai" AFTER INSERT ON "issues" BEGIN
  INSERT INTO "issues_fts" (rowid, "title", "body") VALUES (new.rowid, new."title", new."body");
END;
CREATE TRIGGER "issues_ad" AFTER DELETE ON "issues" BEGIN
  INSERT INTO "issues_fts" ("issues_fts", rowid, "title", "body") VALUES('delete', old.rowid, old."title", old."body");
END;
CREATE TRIGGER "issues_au" AFTER UPDATE ON "issues" BEGIN
  INSERT INTO "issues_fts" ("issues_fts", rowid, "title", "body") VALUES('delete', old.rowid, old."title", old."body");
  INSERT INTO "issues_fts" (rowid, "title", "body") VALUES (new.rowid, new."title", new."body");
END;
CREATE VIRTUAL TABLE "labels_fts" USING FTS5 (
    "name", "description",
    content="labels"
);
CREATE TRIGGER "labels_ai" AFTER INSERT ON "labels" BEGIN
  INSERT INTO "labels_fts" (rowid, "name", "description") VALUES (new.rowid, new."name", new."description");
END;
CREATE TRIGGER "labels_ad" AFTER DELETE ON "labels" BEGIN
  INSERT INTO "labels_fts" ("labels_fts", rowid, "name", "description") VALUES('delete', old.rowid, old."name", old."description");
END;
CREATE TRIGGER "labels_au" AFTER UPDATE ON "labels" BEGIN
  INSERT INTO "labels_fts" ("labels_fts", rowid, "name", "description") VALUES('delete', old.rowid, old."name", old."description");
  INSERT INTO "labels_fts" (rowid, "name", "description") VALUES (new.rowid, new."name", new."description");
END;
CREATE VIRTUAL TABLE "milestones_fts" USING FTS5 (
    "title", "description",
    content="milestones"
);
CREATE TRIGGER "milestones_ai" AFTER INSERT ON "milestones" BEGIN
  INSERT INTO "milestones_fts" (rowid, "title", "description") VALUES (new.rowid, new."title", new."description");
END;
CREATE TRIGGER "milestones_ad" AFTER DELETE ON "milestones" BEGIN
  INSERT INTO "milestones_fts" ("milestones_fts", rowid, "title", "description") VALUES('delete', old.rowid, old."title", old."description");
END;
CREATE TRIGGER "milestones_au" AFTER UPDATE ON "milestones" BEGIN
  INSERT INTO "milestones_fts" ("milestones_fts", rowid, "title", "description") VALUES('delete', old.rowid, old."title", old."description");
  INSERT INTO "milestones_fts" (rowid, "title", "description") VALUES (new.rowid, new."title", new."description");
END;
CREATE VIRTUAL TABLE "repos_fts" USING FTS5 (
    "name", "description",
    content="repos"
);
CREATE TRIGGER "repos_ai" AFTER INSERT ON "repos" BEGIN
  INSERT INTO "repos_fts" (rowid, "name", "description") VALUES (new.rowid, new."name", new."description");
END;
CREATE TRIGGER "repos_ad" AFTER DELETE ON "repos" BEGIN
  INSERT INTO "repos_fts" ("repos_fts", rowid, "name", "description") VALUES('delete', old.rowid, old."name", old."description");
END;
CREATE TRIGGER "repos_au" AFTER UPDATE ON "repos" BEGIN
  INSERT INTO "repos_fts" ("repos_fts", rowid, "name", "description") VALUES('delete', old.rowid, old."name", old."description");
  INSERT INTO "repos_fts" (rowid, "name", "description") VALUES (new.rowid, new."name", new."description");
END;
CREATE VIRTUAL TABLE "users_fts" USING FTS5 (
    "login", "name",
    content="users"
);
CREATE TRIGGER "users_ai" AFTER INSERT ON "users" BEGIN
  INSERT INTO "users_fts" (rowid, "login", "name") VALUES (new.rowid, new."login", new."name");
END;
CREATE TRIGGER "users_ad" AFTER DELETE ON "users" BEGIN
  INSERT INTO "users_fts" ("users_fts", rowid, "login", "name") VALUES('delete', old.rowid, old."login", old."name");
END;
CREATE TRIGGER "users_au" AFTER UPDATE ON "users" BEGIN
  INSERT INTO "users_fts" ("users_fts", rowid, "login", "name") VALUES('delete', old.rowid, old."login", old."name");
  INSERT INTO "users_fts" (rowid, "login", "name") VALUES (new.rowid, new."login", new."name");
END;
