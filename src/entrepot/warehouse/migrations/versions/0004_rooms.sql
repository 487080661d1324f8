create table entrepot.parution_montree (
    parution_id integer not null,
    salle text not null,
    unique_ligne boolean primary key default true check (unique_ligne)
);
comment on table entrepot.parution_montree is
'La parution que voient les lecteurs (une ligne) : publier ou revenir en arrière, c''est changer cette ligne.';
comment on column entrepot.parution_montree.salle is
'Schéma des vues et des tables qui la calculent : le même tant que la méthode ne change pas.';

create function entrepot.parution_demandee() returns integer
language plpgsql stable security definer set search_path = '' as $$
declare
    demande text := nullif(btrim(current_setting('entrepot.parution', true)), '');
begin
    if demande is not null and not pg_catalog.has_schema_privilege(session_user, 'parutions', 'usage') then
        raise insufficient_privilege using
            message = 'entrepot.parution sert à l''entrepôt lui-même',
            hint = 'Pour lire ce qui était connu à une date : SET entrepot.au = ''2024-03-26''.';
    end if;
    return demande::integer;
end
$$;
comment on function entrepot.parution_demandee() is
'Parution demandée par SET entrepot.parution, candidate ou ancienne : réservé aux comptes qui écrivent dans l''entrepôt.';

create function entrepot.ajouter_vecteur(somme numeric[], vecteur numeric[], sens integer) returns numeric[]
language sql immutable parallel safe as $$
    select case
        when vecteur is null then somme
        when somme is null then (select array_agg(sens * t.v) from unnest(vecteur) as t (v))
        else (select array_agg(t.s + sens * t.v) from unnest(somme, vecteur) as t (s, v))
    end
$$;
create aggregate entrepot.somme_vecteurs(vecteur numeric[], sens integer) (
    sfunc = entrepot.ajouter_vecteur,
    stype = numeric[],
    parallel = safe
);
-- Whole numbers are added, kept and looked up several times faster.
create function entrepot.ajouter_vecteur(somme bigint[], vecteur bigint[], sens integer) returns bigint[]
language sql immutable parallel safe as $$
    select case
        when vecteur is null then somme
        when somme is null then (select array_agg(sens * t.v) from unnest(vecteur) as t (v))
        else (select array_agg(t.s + sens * t.v) from unnest(somme, vecteur) as t (s, v))
    end
$$;
create aggregate entrepot.somme_vecteurs(vecteur bigint[], sens integer) (
    sfunc = entrepot.ajouter_vecteur,
    stype = bigint[],
    parallel = safe
);
comment on aggregate entrepot.somme_vecteurs(numeric[], integer) is
'Somme terme à terme de vecteurs de même longueur, chacun compté « sens » fois (1 : il entre, -1 : il sort) ; les vides ne comptent pas.';
create index on entrepot.recepisse (trimestre, territoire_id);

create table entrepot.lot_preparation (recepisse_id bigint primary key references entrepot.recepisse);
comment on table entrepot.lot_preparation is 'Récépissés que la préparation en cours prend, et aucun autre.';
