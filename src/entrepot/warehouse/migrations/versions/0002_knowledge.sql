create schema parutions;
comment on schema parutions is
'Lignes des marts et parutions qui les montrent : de « parution_du » (comprise) à « parution_au » (exclue).';

create table entrepot.connaissance (
    recepisse_id bigint primary key references entrepot.recepisse,
    connu_le timestamptz not null,
    parution_id bigint not null references entrepot.parution
);
create index on entrepot.connaissance (connu_le);
create index on entrepot.connaissance (parution_id);
comment on table entrepot.connaissance is
'Moment depuis lequel un récépissé est connu, fixé à sa première parution : une réponse donnée pour une date passée ne change plus.';
comment on column entrepot.connaissance.connu_le is
'Arrivée du récépissé ; s''il arrive après coup dans une période dont l''arrêté a déjà paru, début de la parution qui le prend.';
comment on column entrepot.connaissance.parution_id is 'Première parution qui le prend en compte.';

create table entrepot.vigueur (
    recepisse_id bigint primary key references entrepot.recepisse,
    genre text not null,
    territoire_id text not null,
    trimestre text not null,
    connu_du timestamptz not null,
    connu_au timestamptz not null
);
create index on entrepot.vigueur (trimestre, territoire_id, connu_du);
create index on entrepot.vigueur (territoire_id, trimestre);
comment on table entrepot.vigueur is
'Retours acceptés : de « connu_du » (compris) à « connu_au » (exclu), le retour fait foi pour sa cité et son trimestre.';

insert into entrepot.connaissance (recepisse_id, connu_le, parution_id)
select recepisse_id, recu_le, traitement.parution_id
from entrepot.recepisse
inner join entrepot.traitement using (recepisse_id)
where etape = 'publication'
union all
select recepisse.recepisse_id, recepisse.recu_le, premieres.parution_id
from entrepot.recepisse
cross join lateral (
    select min(parution_id) as parution_id from entrepot.parution
    where statut = 'publiee' and commencee_le >= recepisse.verdict_le
) as premieres
where recepisse.verdict = 'rejete' and premieres.parution_id is not null;

alter table entrepot.parution add column complete boolean not null default true;
alter table entrepot.parution add column arrete_precedent timestamptz;
alter table entrepot.parution add column methode_reference text;
alter table entrepot.parution add column manifeste text;
comment on column entrepot.parution.arretee_le is 'Moment du dernier récépissé connu de la parution.';
comment on column entrepot.parution.complete is 'Vrai si tout a été calculé de nouveau (première parution, ou méthode changée).';
comment on column entrepot.parution.arrete_precedent is 'Arrêté de la parution publiée avant elle.';
comment on column entrepot.parution.methode_reference is 'Empreinte des fichiers de données de référence.';
comment on column entrepot.parution.manifeste is 'Empreinte du manifeste dbt (modèles, fonctions, données de référence, tels que dbt les a lus).';

create table entrepot.bascule (
    bascule_id bigint generated always as identity primary key,
    parution_id bigint not null references entrepot.parution,
    motif text not null,
    faite_le timestamptz not null default clock_timestamp()
);
comment on table entrepot.bascule is 'Parution montrée aux lecteurs, à chaque publication et à chaque retour en arrière.';

alter table entrepot.traitement drop constraint traitement_etape_check;
alter table entrepot.traitement add constraint traitement_etape_check
check (etape in ('preparation', 'controle', 'faits', 'publication'));

alter table entrepot.methode drop constraint methode_partie_check;
alter table entrepot.methode add constraint methode_partie_check
check (partie in ('reference', 'preparation', 'controle', 'faits'));

alter table entrepot.parution_mart add column ajoutees bigint not null default 0;
alter table entrepot.parution_mart add column retirees bigint not null default 0;
comment on column entrepot.parution_mart.ajoutees is 'Lignes que la parution précédente n''avait pas, ou avait autrement.';
comment on column entrepot.parution_mart.retirees is 'Lignes de la parution précédente qui n''y sont plus, ou plus telles quelles.';

create function entrepot.instant() returns timestamptz
language plpgsql stable parallel safe
set timezone to 'Europe/Paris' as $$
declare
    demande text := nullif(btrim(current_setting('entrepot.au', true)), '');
begin
    if demande is null then
        return null;
    elsif demande ~ '^\d{4}-\d{2}-\d{2}$' then
        return (demande::date + 1)::timestamptz - interval '1 microsecond';
    elsif demande ~ '^\d{4}-\d{2}-\d{2}[ T]\d' then
        return demande::timestamptz;
    end if;
    raise invalid_datetime_format using
        message = 'entrepot.au = « ' || demande || ' » n''est pas une date',
        hint = 'Écrire SET entrepot.au = ''2024-03-26'' (fin de ce jour à Paris), ou une date et une heure ; RESET entrepot.au revient au présent.';
end
$$;
comment on function entrepot.instant() is
'Moment demandé par SET entrepot.au ; vide : le présent. Un jour se lit comme sa fin, à l''heure de Paris.';

create schema historique;
comment on schema historique is 'Données de référence, avec les moments entre lesquels chaque ligne a été connue.';
