-- SPDX-License-Identifier: Apache-2.0
-- For H2 and PostgreSQL. H2 has no transaction around it, so that each statement can be repeated.
create table if not exists understudy_history (
  id varchar(255) primary key,
  server varchar(255) not null,
  kind varchar(16) not null,
  began timestamp(6) with time zone not null,
  ended timestamp(6) with time zone,
  vm_uuid uuid,
  vm_name varchar(255) not null,
  host varchar(255) not null,
  other_host varchar(255) not null,
  user_name varchar(255) not null,
  outcome varchar(64) not null,
  document varchar(1000000) not null
);
-- Each index is the order of a page, so that no page needs to sort all rows.
create index if not exists understudy_history_began on understudy_history (began, id);
create index if not exists understudy_history_kind on understudy_history (kind, began, id);
create index if not exists understudy_history_uuid on understudy_history (vm_uuid, began, id);
create index if not exists understudy_history_vm on understudy_history (vm_name, began, id);
create index if not exists understudy_history_host on understudy_history (host, began, id);
create index if not exists understudy_history_other on understudy_history (other_host, began, id);
create index if not exists understudy_history_user on understudy_history (user_name, began, id);
