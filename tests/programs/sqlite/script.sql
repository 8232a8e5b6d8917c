-- Everything printed must be the same on every machine: no dates, no random values, rows in a stated order.
select sqlite_version();
pragma page_size = 4096;
pragma journal_mode = delete;
create table item(id integer primary key, name text not null, price real, kind text check (kind in ('tool', 'part', 'food')));
create index item_kind on item(kind, price);

-- A few thousand rows from a linear congruential generator.
begin;
with recursive random(i, x) as (
  values(1, 12345)
  union all select i + 1, (x * 1103515245 + 12345) % 2147483648 from random where i < 4000
)
insert into item
  select i, printf('item-%05d', x % 100000), round((x / 65536) % 10000 / 7.0, 3), substr('toolpartfood', 1 + 4 * ((x / 1024) % 3), 4) from random;
commit;

select kind, count(*), round(sum(price), 3), min(name), max(name), round(avg(price), 6) from item group by kind order by kind;
select id, name, price from item order by price desc, id limit 5;
select name, count(*) as n from item group by name having n > 1 order by n desc, name limit 5;
explain query plan select * from item where kind = 'tool' and price > 100 order by price;

-- Joins, window functions, common table expressions.
select a.id, b.id, a.name from item a join item b on a.name = b.name and a.id < b.id order by a.id, b.id limit 5;
select kind, id, price, rank() over (partition by kind order by price desc, id) as place from item order by place, kind limit 6;
with recursive fib(n, a, b) as (values(1, 0, 1) union all select n + 1, b, a + b from fib where n < 80)
select n, a from fib where n % 16 = 0;

-- A mandelbrot set, in SQL.
with recursive
  xaxis(x) as (values(-2.0) union all select x + 0.05 from xaxis where x < 1.2),
  yaxis(y) as (values(-1.0) union all select y + 0.1 from yaxis where y < 1.0),
  m(iter, cx, cy, x, y) as (
    select 0, x, y, 0.0, 0.0 from xaxis, yaxis
    union all
    select iter + 1, cx, cy, x * x - y * y + cx, 2.0 * x * y + cy from m where (x * x + y * y) < 4.0 and iter < 28
  ),
  m2(iter, cx, cy) as (select max(iter), cx, cy from m group by cx, cy),
  a(t) as (select group_concat(substr(' .+*#', 1 + min(iter / 7, 4), 1), '') from m2 group by cy)
select group_concat(rtrim(t), x'0a') from a;

-- Text, numbers, JSON.
select upper('straße'), length('héllo'), hex('abc'), replace('a-b-c', '-', '+'), instr('webassembly', 'asm');
select printf('%.17g', 0.1), 1e308 * 10, -7 / 2, -7 % 3, 7 << 40, typeof(9223372036854775807 + 1), cast('12abc' as integer);
select json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b'), json_array(1, 'two', null, 3.5), json_valid('{');
select key, value, type from json_each('{"x":1,"y":[true,false],"z":"s"}');
select group_concat(value * value, ',') from json_each('[1,2,3,4,5]');

-- Triggers, views, constraints; each error is reported and the script goes on.
create table log(message text);
create trigger item_gone after delete on item begin insert into log values('deleted ' || old.name); end;
create view dear as select * from item where price > 1400;
select count(*) from dear;
delete from item where id in (10, 20, 30);
select * from log;
insert into item values(1, 'again', 1, 'tool');
insert into item values(5000, 'odd', 1, 'animal');
select * from nowhere;

-- A transaction that is taken back, then a rewrite of the whole file.
begin;
delete from item;
select count(*) from item;
rollback;
select count(*) from item;
update item set price = price * 2 where kind = 'food';
select round(sum(price), 3) from item;
vacuum;
pragma integrity_check;
pragma page_count;
