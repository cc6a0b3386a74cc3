-- An answer may hold payloads: as a text it can be encrypted like these.
alter table mattock.once alter column body type text using convert_from(body, 'UTF8');
